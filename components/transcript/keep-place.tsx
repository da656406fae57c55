"use client";

import { Component, createRef, type ReactNode } from "react";

interface KeepPlaceProps {
  /** Changes with everything that may come or go above the screen. */
  content: unknown;
  /** Somebody else moves the page. */
  isOff: boolean;
  children: ReactNode;
}

interface Anchor {
  element: HTMLElement;
  topPx: number;
}

/** What is on screen stays where it is, whatever is put in or taken out above it. */
export class KeepPlace extends Component<KeepPlaceProps> {
  readonly #root = createRef<HTMLDivElement>();

  override getSnapshotBeforeUpdate(before: KeepPlaceProps): Anchor | null {
    const { content, isOff } = this.props;
    return isOff || before.content === content ? null : findAnchor(this.#root.current);
  }

  override componentDidUpdate(_props: KeepPlaceProps, _state: unknown, anchor: Anchor | null) {
    if (anchor === null || !anchor.element.isConnected) return;
    const movedPx = anchor.element.getBoundingClientRect().top - anchor.topPx;
    if (Math.abs(movedPx) >= 1) scrollBy({ top: movedPx, behavior: "instant" });
  }

  override render() {
    return <div ref={this.#root}>{this.props.children}</div>;
  }
}

/** The first step that begins on screen, else the one that covers it. */
function findAnchor(root: HTMLElement | null): Anchor | null {
  let covering: Anchor | null = null;
  for (const element of root?.querySelectorAll<HTMLElement>("[data-step]") ?? []) {
    const { top, bottom } = element.getBoundingClientRect();
    if (top >= 0)
      return top < innerHeight || covering === null ? { element, topPx: top } : covering;
    if (bottom > 0) covering = { element, topPx: top };
  }
  return covering;
}
