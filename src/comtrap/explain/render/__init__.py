"""An explanation as lines of text. What comes from logs is made harmless here, and colours are only named."""
