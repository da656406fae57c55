import type { ReactNode } from "react";

interface PanelSectionProps {
  /** Also its address, after `#`. */
  name: string;
  title: string;
  note?: ReactNode;
  children: ReactNode;
}

export function PanelSection({ name, title, note, children }: PanelSectionProps) {
  return (
    <section
      aria-labelledby={`panel-${name}`}
      data-panel-section={name}
      className="flex scroll-mt-13 flex-col border-b border-line py-5 last:border-b-0"
    >
      <div className="flex items-baseline justify-between gap-3 px-5">
        <h3 id={`panel-${name}`} className="text-label font-semibold">
          {title}
        </h3>
        {note && <p className="text-meta text-faint tabular">{note}</p>}
      </div>
      {children}
    </section>
  );
}
