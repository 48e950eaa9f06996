"""nesylib."""
