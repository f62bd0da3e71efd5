/** Jest's way to Sucrase, which loads the program outside the tests, too (docs/adr/0004-sucrase-loads-the-program.md). */
const { transform } = require("sucrase");

module.exports = {
  process(source, filePath) {
    const { code, sourceMap } = transform(source, {
      transforms: ["typescript", "imports", "jest"],
      filePath,
      sourceMapOptions: { compiledFilename: filePath },
    });
    return { code, map: sourceMap };
  },
};
