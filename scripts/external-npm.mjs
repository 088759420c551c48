// What goes into a bundle of ours: Mooring's own packages do, so that one file starts faster than many; npm packages
// stay outside, where their own binaries and files lie. One rule for everything that is bundled here.

/** The esbuild plugin that keeps npm packages out of a bundle. */
export const externalNpm = {
  name: 'external-npm',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, (args) =>
      args.path.startsWith('@mooring/') || args.kind === 'entry-point'
        ? undefined
        : { path: args.path, external: true },
    );
  },
};
