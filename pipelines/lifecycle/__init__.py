"""What becomes of a space after its opening: closing, archive, re-opening, suspension, destruction."""
