import { downloadFolder, libraryMounts, rootFolders } from "../../../components/storage/media";
import { library } from "../../support/sites";

const { paths, streaming, media } = library;

it("leaves downloads outside all root folders", () => {
  const roots = [...rootFolders(paths, "tv"), ...rootFolders(paths, "movies")];
  expect(roots).toEqual([
    "/pool/links/tv",
    "/nas/titles/tv",
    "/pool/links/movies",
    "/nas/titles/movies",
  ]);
  expect(downloadFolder(paths)).toBe("/pool/links/.downloads");
});

it("hands both libraries out for writing, each under its path", () => {
  expect(libraryMounts(library, "read-write")).toEqual({
    "/pool/links": streaming,
    "/nas/titles": media,
  });
});

it("hands both libraries out for reading only", () => {
  expect(libraryMounts(library, "read-only")).toEqual({
    "/pool/links": { ...streaming, readOnly: true },
    "/nas/titles": { ...media, readOnly: true },
  });
});

it("never makes a library writable that was given for reading", () => {
  const given = { ...library, media: { ...media, readOnly: true } };
  expect(libraryMounts(given, "read-write")["/nas/titles"]).toMatchObject({ readOnly: true });
});
