"""Wire formats that other systems rely on."""
