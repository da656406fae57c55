"use client";

import { createContext, useContext } from "react";

const PartialBodyContext = createContext(false);

/** Around what is drawn of the beginning of a body. */
export const PartialBody = PartialBodyContext.Provider;

/** Something around says already that not all is here: nobody needs to hear twice how much of it is shown. */
export const useIsPartialBody = () => useContext(PartialBodyContext);
