//! The final PDF of a copy: its own pages, unchanged, with the marks over them and the score sheet behind.
