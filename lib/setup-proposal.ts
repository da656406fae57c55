/** Where a repository proposes what should run in a workspace before the agent: `{"setup": ["npm ci"]}`. */
export const PROPOSAL_FILE = "millrace.json";

/** Setup commands that a session's repository proposes and nobody has decided about. */
export interface SetupProposal {
  hash: string;
  commands: string[];
}

export const proposalDecisions = ["confirmed", "declined"] as const;

export type ProposalDecision = (typeof proposalDecisions)[number];
