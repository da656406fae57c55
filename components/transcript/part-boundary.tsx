"use client";

import { Component, type ReactNode } from "react";

interface PartBoundaryProps {
  /** What is shown of the part when drawing it fails. */
  fallback: ReactNode;
  /** A part that changed is tried again. */
  resetKey: unknown;
  children: ReactNode;
}

/** Keeps one part that cannot be drawn from taking the transcript with it. */
export class PartBoundary extends Component<
  PartBoundaryProps,
  { failedKey: unknown; hasFailed: boolean }
> {
  override state = { failedKey: null as unknown, hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  static getDerivedStateFromProps(
    props: PartBoundaryProps,
    state: { failedKey: unknown; hasFailed: boolean },
  ) {
    if (state.hasFailed && state.failedKey !== null && state.failedKey !== props.resetKey) {
      return { hasFailed: false, failedKey: null };
    }
    return state.hasFailed ? { failedKey: props.resetKey } : null;
  }

  override render() {
    return this.state.hasFailed ? this.props.fallback : this.props.children;
  }
}
