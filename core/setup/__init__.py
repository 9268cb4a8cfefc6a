"""The first hour: what a fresh store needs before anybody can use it."""
