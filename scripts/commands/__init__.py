"""The subcommands of corsight, a module each: options and what is done with them. Nothing imports one."""
