// Style sheets are imported for the bundler, which gathers them into one text; they have no exports.
declare module "*.css";
