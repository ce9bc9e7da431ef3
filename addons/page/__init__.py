"""The live page: shows verdicts in a browser window as they come. Nothing here is loaded until it is switched on."""
