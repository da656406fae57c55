import type { Metadata, Viewport } from "next";
import { GeistMono } from "geist/font/mono";
import { GeistSans } from "geist/font/sans";
import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { Providers } from "#components/api/providers.tsx";
import { Overlays } from "#components/frame/overlays.tsx";
import { parseTheme, THEME_COOKIE } from "#components/frame/theme.ts";
import { Clock } from "#components/ui/clock.tsx";
import { doWorkersIsolate } from "#server/sandboxes/worker-sandboxes.ts";
import { getServices } from "#server/services.ts";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "Millrace", template: "%s · Millrace" },
  description:
    "Starts, watches, keeps and shares coding-agent sessions of any size, on your own server.",
  robots: { index: false, follow: false },
};

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  viewportFit: "cover",
  // A phone's keyboard makes the page smaller, so it never lies over the composer.
  interactiveWidget: "resizes-content",
  colorScheme: "light dark",
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  const theme = parseTheme((await cookies()).get(THEME_COOKIE)?.value);
  const isUnsafe = !(await doWorkersIsolate(getServices()));
  return (
    <html
      lang="en"
      data-theme={theme}
      data-unsafe={isUnsafe ? "" : undefined}
      className={`${GeistSans.variable} ${GeistMono.variable}`}
    >
      <body>
        <a
          href="#main"
          className="sr-only z-50 rounded bg-accent px-3 py-2 text-label text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
        >
          Skip to the content
        </a>
        <Providers>
          <Clock renderedAtMs={Date.now()}>
            {children}
            <Overlays />
          </Clock>
        </Providers>
      </body>
    </html>
  );
}
