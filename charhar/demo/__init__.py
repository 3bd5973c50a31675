"""The sample content: texts and people in files, pictures drawn by code, and what loads them."""
