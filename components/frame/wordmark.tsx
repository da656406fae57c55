import Link from "next/link";

/** Three streams that drop by one step: the race that drives the mill. */
export function Wordmark() {
  return (
    <Link
      href="/"
      className="flex items-center gap-2 rounded font-semibold tracking-tight"
      aria-label="Millrace, new session"
    >
      <svg
        aria-hidden
        viewBox="0 0 20 20"
        className="size-5 text-accent"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.75"
        strokeLinecap="round"
      >
        <path d="M2 5.5h7c3.5 0 3.5 4.5 8 4.5M2 10h5c3.5 0 4 4.5 10 4.5M2 14.5h4" />
      </svg>
      <span>Millrace</span>
    </Link>
  );
}
