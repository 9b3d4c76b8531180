"""What is asked about a definition in Amazon States Language before it is run."""
