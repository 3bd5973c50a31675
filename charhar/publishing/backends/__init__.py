"""Django's own database and cache engines, each with the one thing this project needs of it."""
