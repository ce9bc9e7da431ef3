"""What an API's owner intends: policies, what a correct server answers under them, and how the real one drifts."""
