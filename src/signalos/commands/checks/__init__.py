"""What ``signalos doctor`` looks at: one short function a check, each answering findings."""
