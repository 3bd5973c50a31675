"""Pictures for the sample content, drawn in ink, paper and seal; the same name gives the same picture."""
