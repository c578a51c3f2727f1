//! Carries objects of the source into the final PDF, each once, under a new number.
//!
//! Only what drawing needs is reachable from here (resources, appearances, optional content), so a source's
//! scripts, actions, attachments and metadata stay behind.

use std::collections::{HashMap, HashSet};

use hayro::hayro_syntax::object::{MaybeRef, ObjRef, Object, Stream};
use hayro::hayro_syntax::{Filter, Pdf};
use pdf_writer::{Chunk, Dict, Name, Null, Obj, Ref, Str};

use super::compress::deflate;
use super::error::FinaliseError;

/// Objects that one source may bring along; a 50 MB file of the smallest objects has fewer.
const OBJECTS_MAXIMUM: usize = 4_000_000;

/// Entries that no drawing depends on, or (`Ref`, `OPI`, `F` of a stream) that lead out of the file.
const NOT_DRAWN: [&[u8]; 9] = [
    b"Metadata",
    b"StructParent",
    b"StructParents",
    b"PieceInfo",
    b"LastModified",
    b"AF",
    b"PtData",
    b"OPI",
    b"Ref",
];
const STREAM_ONLY: [&[u8]; 4] = [b"Length", b"F", b"FFilter", b"FDecodeParms"];
const FORM_ONLY: [&[u8]; 2] = [b"Type", b"Subtype"];
const FILTERS: [&[u8]; 4] = [b"Filter", b"DecodeParms", b"DP", b"DL"];

/// Hands out the object numbers of the final PDF.
pub(super) struct Numbers(i32);

impl Numbers {
    pub(super) fn new() -> Self {
        Self(0)
    }

    pub(super) fn take(&mut self) -> Ref {
        self.0 += 1;
        Ref::new(self.0)
    }
}

/// Which objects of the source go along, and under which number.
pub(super) struct Copier {
    pub(super) numbers: Numbers,
    renumbered: HashMap<ObjRef, Ref>,
    waiting: Vec<ObjRef>,
    /// Appearances of annotations, which are drawn as forms even where the source forgot to call them so.
    forms: HashSet<ObjRef>,
}

impl Copier {
    pub(super) fn new(numbers: Numbers) -> Self {
        Self { numbers, renumbered: HashMap::new(), waiting: Vec::new(), forms: HashSet::new() }
    }

    /// The number of a source object in the final PDF; it will be carried over by [`Self::finish`].
    pub(super) fn carry(&mut self, object: ObjRef) -> Ref {
        if let Some(known) = self.renumbered.get(&object) {
            return *known;
        }
        let new = self.numbers.take();
        self.renumbered.insert(object, new);
        self.waiting.push(object);
        new
    }

    /// As [`Self::carry`], for a stream that will be drawn as a form.
    pub(super) fn carry_form(&mut self, object: ObjRef) -> Ref {
        self.forms.insert(object);
        self.carry(object)
    }

    /// Writes a value in place; what it refers to is carried over.
    pub(super) fn write(&mut self, target: Obj<'_>, value: &MaybeRef<Object<'_>>) {
        match value {
            MaybeRef::Ref(object) => target.primitive(self.carry(*object)),
            MaybeRef::NotRef(object) => self.write_object(target, object),
        }
    }

    fn write_object(&mut self, target: Obj<'_>, object: &Object<'_>) {
        match object {
            // A stream must be an object of its own (ISO 32000-2, 7.3.8.1); one inside an array is damage.
            Object::Null(_) | Object::Stream(_) => target.primitive(Null),
            Object::Boolean(value) => target.primitive(*value),
            Object::Number(number) => {
                let value = number.as_f64();
                if value.fract() == 0.0 && value.abs() <= f64::from(i32::MAX) {
                    target.primitive(value as i32);
                } else {
                    target.primitive(value as f32);
                }
            }
            Object::String(text) => target.primitive(Str(text.as_bytes())),
            Object::Name(name) => target.primitive(Name(name)),
            Object::Array(array) => {
                let mut items = target.array();
                for item in array.raw_iter() {
                    self.write(items.push(), &item);
                }
            }
            Object::Dict(dict) => {
                let mut entries = target.dict();
                self.write_entries(&mut entries, dict, &[]);
            }
        }
    }

    /// Writes a dictionary's entries but for those that no drawing depends on, and those in `without`.
    pub(super) fn write_entries(
        &mut self,
        target: &mut Dict<'_>,
        dict: &hayro::hayro_syntax::object::Dict<'_>,
        without: &[&[u8]],
    ) {
        for (key, value) in dict.entries() {
            let key: &[u8] = &key;
            if !NOT_DRAWN.contains(&key) && !without.contains(&key) {
                self.write(target.insert(Name(key)), &value);
            }
        }
    }

    /// Writes every object that was carried over, and what those refer to, each once.
    pub(super) fn finish(mut self, source: &Pdf, chunk: &mut Chunk) -> Result<Numbers, FinaliseError> {
        while let Some(waiting) = self.waiting.pop() {
            if self.renumbered.len() > OBJECTS_MAXIMUM {
                return Err(FinaliseError::SourceTooLarge {
                    what: "objects",
                    count: self.renumbered.len(),
                    maximum: OBJECTS_MAXIMUM,
                });
            }
            let number = self.carry(waiting);
            match source.xref().get::<Object<'_>>(waiting.into()) {
                // A reference to nothing means null (ISO 32000-2, 7.3.10).
                None => chunk.indirect(number).primitive(Null),
                Some(Object::Stream(stream)) => {
                    self.write_stream(chunk, number, &stream, self.forms.contains(&waiting));
                }
                Some(object) => self.write_object(chunk.indirect(number), &object),
            }
        }
        Ok(self.numbers)
    }

    /// A stream keeps its encoding (a JPEG stays that JPEG), unless its encoding is a cipher.
    fn write_stream(&mut self, chunk: &mut Chunk, number: Ref, stream: &Stream<'_>, as_form: bool) {
        let mut without = STREAM_ONLY.to_vec();
        if as_form {
            without.extend(FORM_ONLY);
        }
        if stream.filters().contains(&Filter::Crypt) {
            let plain = deflate(&stream.decoded().unwrap_or_default());
            let mut target = chunk.stream(number, &plain);
            without.extend(FILTERS);
            self.write_entries(&mut target, stream.dict(), &without);
            target.filter(pdf_writer::Filter::FlateDecode);
            name_form(&mut target, as_form);
        } else {
            let data = stream.raw_data();
            let mut target = chunk.stream(number, &data);
            self.write_entries(&mut target, stream.dict(), &without);
            name_form(&mut target, as_form);
        }
    }
}

fn name_form(target: &mut Dict<'_>, as_form: bool) {
    if as_form {
        target.pair(Name(b"Type"), Name(b"XObject"));
        target.pair(Name(b"Subtype"), Name(b"Form"));
    }
}
