import { ArrowUpRight } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";

export function SubSessionLink({
  sessionId,
  children,
}: {
  sessionId: string;
  children: ReactNode;
}) {
  return (
    <Link
      href={`/sessions/${sessionId}`}
      className="inline-flex items-center gap-1.5 self-start rounded text-label text-accent underline decoration-1 underline-offset-2 pointer-coarse:py-2.5"
    >
      <ArrowUpRight aria-hidden className="size-4" />
      {children}
    </Link>
  );
}
