"""The command line: a file per group of verbs. `cli.main.main` is the way in."""
