"""Reports of an evaluation: what was measured, as pictures, tables and the posts judged wrong, in two files."""
