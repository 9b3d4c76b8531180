"""`make package`: what is uploaded to Glue, in `dist/`, complete for a network without internet."""
