"""The one way out: queue, admit, render, deliver, record; one reason code for every decision."""
