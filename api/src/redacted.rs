//! `Debug` for types that hold what must not reach a log.

/// Gives a type a `Debug` of the fields that are named, and of no other: texts, files, tokens and passwords are left out. A
/// derived one would show them wherever somebody writes `{:?}`, in an error or an assertion.
macro_rules! debug_without_the_rest {
    ($($name:ident { $($field:ident),* $(,)? })+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))$(.field(stringify!($field), &self.$field))*.finish_non_exhaustive()
            }
        }
    )+};
}

pub(crate) use debug_without_the_rest;
