import { AppError } from "#lib/errors.ts";
import { essenceOf } from "./content-type.ts";
import { formatOffset } from "#lib/stream-offset.ts";

/** One request of an idempotent producer. */
export interface ProducerStep {
  producerId: string;
  epoch: number;
  seq: number;
}

/** Where such a producer stands. */
export interface ProducerState {
  epoch: number;
  lastSeq: number;
}

export interface AppendRequest {
  contentType: string | null;
  /** Closes the stream, behind the bytes if there are some. */
  closes: boolean;
  /** `Stream-Seq`: greater, by its bytes, than that of every append before. */
  seq: string | null;
  producer: ProducerStep | null;
}

/** What an append meets. */
export interface AppendTarget {
  contentType: string;
  tail: number;
  isClosed: boolean;
  /** Whose append closed it; null when it is open, or was closed without a producer. */
  closedBy: ProducerStep | null;
  lastSeq: string | null;
  /** Of the request's producer; null for one that never wrote here. */
  producer: ProducerState | null;
}

/** `repeated`: all of it was done before, and nothing is done now. */
export type Verdict = "append" | "repeated";

/**
 * Whether an append may be done, in the protocol's order: closed streams first, then content type, producer, sequence.
 * Throws `conflict`, `forbidden` (an epoch that was left behind) and `invalid_input`, with details that become headers.
 */
export function judgeAppend(
  target: AppendTarget,
  request: AppendRequest,
  hasBody: boolean,
): Verdict {
  if (target.isClosed) return judgeClosed(target, request, hasBody);
  if (!hasBody && !request.closes) {
    throw new AppError("invalid_input", "There is nothing to append: the body is empty");
  }
  if (hasBody) requireContentType(target, request.contentType);
  if (request.producer && isRepeated(request.producer, target.producer)) return "repeated";
  const { seq } = request;
  if (seq !== null && target.lastSeq !== null && seq <= target.lastSeq) {
    throw new AppError("conflict", "The Stream-Seq is not greater than the one before", {
      details: { field: "Stream-Seq" },
    });
  }
  return "append";
}

function judgeClosed(
  { tail, closedBy }: AppendTarget,
  { closes, producer }: AppendRequest,
  hasBody: boolean,
): Verdict {
  const isSame =
    producer !== null &&
    producer.producerId === closedBy?.producerId &&
    producer.epoch === closedBy.epoch &&
    producer.seq === closedBy.seq;
  if (isSame || (closes && !hasBody && producer === null)) return "repeated";
  throw new AppError("conflict", "The stream is closed", {
    details: { isClosed: true, nextOffset: formatOffset(tail) },
  });
}

function requireContentType(target: AppendTarget, contentType: string | null): void {
  const details = { field: "Content-Type" };
  if (contentType === null) {
    throw new AppError("invalid_input", "Say of which content type the body is", { details });
  }
  if (essenceOf(contentType) === essenceOf(target.contentType)) return;
  throw new AppError("conflict", "The stream has another content type", { details });
}

/** Throws where the request is neither the producer's next nor one that it made before. */
function isRepeated({ epoch, seq }: ProducerStep, state: ProducerState | null): boolean {
  if (state !== null && epoch < state.epoch) {
    throw new AppError("forbidden", "Another run of this producer has taken over", {
      details: { producerEpoch: state.epoch },
    });
  }
  if (state !== null && epoch > state.epoch && seq !== 0) {
    throw new AppError("invalid_input", "An epoch begins with Producer-Seq 0", {
      details: { field: "Producer-Seq" },
    });
  }
  const lastSeq = state !== null && epoch === state.epoch ? state.lastSeq : -1;
  if (seq > lastSeq + 1) {
    throw new AppError("conflict", "An append of this producer is missing before this one", {
      details: { producerExpectedSeq: lastSeq + 1, producerReceivedSeq: seq },
    });
  }
  return seq <= lastSeq;
}
