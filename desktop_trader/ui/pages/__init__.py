"""The pages of the Books window, a file each; what they have in common is in `page`."""
