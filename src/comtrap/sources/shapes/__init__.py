"""What records of Windows events look like in other tools' exports, one file a form."""
