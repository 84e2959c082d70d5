"""What nginx needs to stand in front of the product: its configuration, packed files, pages for errors."""
