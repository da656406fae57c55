import { answerRequests } from "#components/worker/answer-requests.ts";
import { computeDiff } from "#lib/changes/compute-diff.ts";

answerRequests(computeDiff);
