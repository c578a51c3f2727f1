//! One list of an aggregate's event types, from which both the name of each and the list of all are made.

/// Gives an event enum `TYPE_NAMES` and `type_name`. The match is exhaustive, so the list cannot miss a variant.
macro_rules! event_type_names {
    ($event:ident: $($variant:ident),+ $(,)?) => {
        impl $event {
            /// Every event type, as it stands in the `event_type` column.
            pub const TYPE_NAMES: &'static [&'static str] = &[$(stringify!($variant)),+];

            /// The event's type as it stands in the `event_type` column.
            #[must_use]
            pub const fn type_name(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => stringify!($variant),)+
                }
            }
        }
    };
}

pub(crate) use event_type_names;
