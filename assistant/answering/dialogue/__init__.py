"""What the turns of a conversation are about, and what a follow-up takes from them."""
