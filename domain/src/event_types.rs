//! One list of an aggregate's event types, from which the name of each, its versions and the list of all are made.

/// Gives an event enum its names and versions, and makes it a `DomainEvent`. Behind each type stand the readers that
/// introduced its version 1, its version 2 and so on ([`crate::shape`]). The matches are exhaustive, so the list cannot
/// miss a variant.
macro_rules! event_types {
    ($event:ident: $($variant:ident [$($reader:literal),+]),+ $(,)?) => {
        impl $event {
            /// Every event type, as it stands in the `event_type` column.
            pub const TYPE_NAMES: &'static [&'static str] = &[$(stringify!($variant)),+];

            /// Every event type with the reader that each of its versions came with, version 1 first.
            pub const READERS: $crate::shape::EventReaders =
                &[$((stringify!($variant), &[$($reader),+])),+];

            /// The event's type as it stands in the `event_type` column.
            #[must_use]
            pub const fn type_name(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => stringify!($variant),)+
                }
            }

            /// The version that this build writes the event in: the newest of its type, from 1.
            #[must_use]
            pub const fn version(&self) -> usize {
                match self {
                    $(Self::$variant { .. } => [$($reader),+].len(),)+
                }
            }
        }

        impl cqrs_es::DomainEvent for $event {
            fn event_type(&self) -> String {
                self.type_name().to_owned()
            }

            fn event_version(&self) -> String {
                self.version().to_string()
            }
        }
    };
}

pub(crate) use event_types;
