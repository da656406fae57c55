import { answerRequests } from "#components/worker/answer-requests.ts";
import { colourCode } from "./colour-code.ts";

answerRequests(colourCode);
