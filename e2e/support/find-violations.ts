import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";

interface Violation {
  id: string;
  impact: string | null;
  nodes: { target: string[]; failureSummary?: string }[];
}

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/**
 * Serious and critical findings of axe on the page as it is once nothing changes its colours any more; only in what
 * `selector` finds, where it is given.
 */
export async function findViolations(page: Page, selector = "html"): Promise<string[]> {
  await page.evaluate(async () => {
    const endless = (animation: Animation) => animation.effect?.getTiming().iterations === Infinity;
    const ending = document.getAnimations().filter((animation) => !endless(animation));
    await Promise.allSettled(ending.map(({ finished }) => finished));
  });
  // Through evaluate, because the content security policy allows no foreign script tag.
  await page.evaluate(await readFile(axePath, "utf8"));
  const violations = await page.evaluate(async (within) => {
    interface Axe {
      run(within: string): Promise<{ violations: Violation[] }>;
    }
    const { axe } = window as unknown as { axe: Axe };
    return (await axe.run(within)).violations;
  }, selector);
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`));
}
