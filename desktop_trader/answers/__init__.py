"""Quick answers to what the window asks, a file per group of questions; all run in the worker of `request_desk`."""
