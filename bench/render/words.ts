export const LINE =
  "The quick brown fox jumps over the lazy dog while the agent writes about what it changed and why.";
