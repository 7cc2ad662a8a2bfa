"""Files and folders that grow: the rules over what is added, for as long as it goes on."""
