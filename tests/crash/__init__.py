"""Ferry's promises held while its processes are killed.  README.md says what is here."""
