"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { PICTURE_MAX_BYTES, PICTURE_MAX_PIXELS, PICTURE_MAX_SIDE } from "#lib/limits.ts";
import type { Output } from "#lib/output.ts";
import { PICTURE_HEAD_BYTES, readPicture, type Picture } from "#lib/read-picture.ts";
import { fetchPiece } from "./fetch-piece.ts";

export interface PictureHead {
  /** Null while it is not known. */
  picture: Picture | null;
  /** Why it is not shown; null for a picture that is, or will be. */
  trouble: string | null;
}

/** Looks at the beginning of a picture before a browser draws it: a few bytes can be more pixels than a machine bears. */
export function usePictureHead({ outputId, state }: Output, bytes: number): PictureHead {
  const headBytes = Math.min(bytes, PICTURE_HEAD_BYTES);
  const { data, error, isPlaceholderData } = useQuery({
    queryKey: ["output-head", outputId, headBytes],
    queryFn: async ({ signal }) =>
      readPicture(await fetchPiece(outputId, { range: `0-${PICTURE_HEAD_BYTES - 1}`, signal })),
    enabled: headBytes > 0,
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
  const picture = data ?? null;
  if (error !== null) return { picture: null, trouble: "It could not be read" };
  if (bytes > PICTURE_MAX_BYTES) return { picture, trouble: "Too large to show" };
  if (picture === null) {
    const isAllHere = state !== "writing" && !isPlaceholderData && data === null;
    const isEmpty = state !== "writing" && bytes === 0;
    return { picture, trouble: isAllHere || isEmpty ? "No picture that can be shown" : null };
  }
  const { width, height } = picture;
  const isTooLarge =
    width * height > PICTURE_MAX_PIXELS || Math.max(width, height) > PICTURE_MAX_SIDE;
  return { picture, trouble: isTooLarge ? "Too large to show" : null };
}
