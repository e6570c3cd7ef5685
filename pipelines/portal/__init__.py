"""The site on which people oppose: it writes opposition files and reads their answers, and knows no database."""
