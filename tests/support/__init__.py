"""What tests stand on: real servers, real faults, and nothing that imitates our own code."""
