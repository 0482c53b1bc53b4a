"""Long jobs, a file each; every one runs in a thread of its own under `job_desk`, with progress and cancel."""
