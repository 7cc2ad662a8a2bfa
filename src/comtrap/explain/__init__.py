"""What a query means, and why it matched what it matched and missed what it missed."""
