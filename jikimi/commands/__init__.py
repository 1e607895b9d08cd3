"""One file for each group of commands. What takes long to import is imported where it is used, so that --help is quick."""
