"use client";

import { Component, createRef, type ReactNode } from "react";
import { findAnchor, type Anchor } from "./find-anchor.ts";

interface KeepPlaceProps {
  /** Changes with everything that may come or go above the screen. */
  content: unknown;
  /** Somebody else moves the page. */
  isOff: boolean;
  children: ReactNode;
}

/** What is on screen stays where it is, whatever is put in or taken out above it. */
export class KeepPlace extends Component<KeepPlaceProps> {
  readonly #root = createRef<HTMLDivElement>();

  override getSnapshotBeforeUpdate(before: KeepPlaceProps): Anchor<HTMLElement> | null {
    const { content, isOff } = this.props;
    if (isOff || before.content === content) return null;
    const steps = this.#root.current?.querySelectorAll<HTMLElement>("[data-step]") ?? [];
    return findAnchor(steps, innerHeight);
  }

  override componentDidUpdate(
    _props: KeepPlaceProps,
    _state: unknown,
    anchor: Anchor<HTMLElement> | null,
  ) {
    if (anchor === null || !anchor.element.isConnected) return;
    const movedPx = anchor.element.getBoundingClientRect().top - anchor.topPx;
    if (Math.abs(movedPx) >= 1) scrollBy({ top: movedPx, behavior: "instant" });
  }

  override render() {
    return <div ref={this.#root}>{this.props.children}</div>;
  }
}
