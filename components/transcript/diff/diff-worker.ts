import { answerRequests } from "#components/worker/answer-requests.ts";
import { computeDiff } from "./compute-diff.ts";

answerRequests(computeDiff);
