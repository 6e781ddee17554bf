use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::{BufMut, Bytes};
use http::{HeaderMap, header};
use http_body::Frame;
use portcullis::GrpcFlavor;
use tonic::Status;

/// Where the status of a call stands at the end of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trailing {
    /// In trailers of HTTP.
    Trailers,
    /// In a last frame of the body: the answer is gRPC-Web already.
    WebFrame,
    /// The same in base64.
    WebText,
    /// Nowhere: the answer is not gRPC, and is broken off.
    Nowhere,
}

impl Trailing {
    const TRAILER_FRAME: u8 = 0x80;

    pub(super) fn of(headers: &HeaderMap) -> Self {
        let content_type = headers.get(header::CONTENT_TYPE);
        match content_type.and_then(GrpcFlavor::named) {
            Some(GrpcFlavor::WebText) => Self::WebText,
            Some(GrpcFlavor::Web) => Self::WebFrame,
            Some(GrpcFlavor::Grpc) => Self::Trailers,
            _ => Self::Nowhere,
        }
    }

    /// Whether a frame is the last one of an answer. In gRPC-Web that is one of data as well, which
    /// tonic-web sends by itself.
    pub(super) fn is_last(self, frame: &Frame<Bytes>) -> bool {
        let first = frame.data_ref().map(|data| data.first().copied());
        match (self, first) {
            (_, None) => true,
            (Self::WebFrame, Some(Some(kind))) => kind & Self::TRAILER_FRAME != 0,
            // What 0x80 begins with in base64.
            (Self::WebText, Some(Some(letter))) => letter == b'g',
            _ => false,
        }
    }

    /// The last frame of an answer that is cut off.
    pub(super) fn frame(self, status: Status) -> Result<Frame<Bytes>, Status> {
        if self == Self::Nowhere {
            return Err(status);
        }
        let mut trailers = HeaderMap::new();
        status.add_header(&mut trailers)?;
        Ok(match self {
            Self::WebFrame => Frame::data(web_frame(&trailers)),
            Self::WebText => Frame::data(STANDARD.encode(web_frame(&trailers)).into()),
            Self::Trailers | Self::Nowhere => Frame::trailers(trailers),
        })
    }
}

/// Trailers as gRPC-Web has them: a frame of its own kind with one line each.
fn web_frame(trailers: &HeaderMap) -> Bytes {
    let mut lines = Vec::new();
    for (name, value) in trailers {
        lines.put_slice(name.as_str().as_bytes());
        lines.put_u8(b':');
        lines.put_slice(value.as_bytes());
        lines.put_slice(b"\r\n");
    }
    let mut frame = vec![Trailing::TRAILER_FRAME];
    frame.put_u32(u32::try_from(lines.len()).unwrap_or(u32::MAX));
    frame.put_slice(&lines);
    frame.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trailing(content_type: &'static str) -> Trailing {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
        Trailing::of(&headers)
    }

    #[test]
    fn an_answer_is_ended_in_its_own_kind() {
        assert_eq!(trailing("application/grpc"), Trailing::Trailers);
        assert_eq!(trailing("application/grpc+proto"), Trailing::Trailers);
        assert_eq!(trailing("application/grpc-web+proto"), Trailing::WebFrame);
        assert_eq!(trailing("application/grpc-web-text"), Trailing::WebText);
        assert_eq!(trailing("Application/GRPC+proto"), Trailing::Trailers);
        assert_eq!(trailing("application/grpcish"), Trailing::Nowhere);
        assert_eq!(trailing("application/json"), Trailing::Nowhere);
        assert_eq!(Trailing::of(&HeaderMap::new()), Trailing::Nowhere);
    }

    #[test]
    fn a_frame_of_grpc_web_is_a_length_and_lines() {
        let status = Status::unauthenticated("over");
        let frame = trailing("application/grpc-web").frame(status.clone());
        let data = frame.unwrap().into_data().unwrap();
        assert_eq!(&data[..5], [0x80, 0, 0, 0, 35]);
        assert_eq!(&data[5..], b"grpc-status:16\r\ngrpc-message:over\r\n");
        let text = trailing("application/grpc-web-text").frame(status);
        let text = text.unwrap().into_data().unwrap();
        assert_eq!(STANDARD.decode(text).unwrap(), data);
    }

    #[test]
    fn the_last_frame_of_an_answer_is_known() {
        let over = || Status::unauthenticated("over");
        for content_type in [
            "application/grpc",
            "application/grpc-web",
            "application/grpc-web-text",
        ] {
            let trailing = trailing(content_type);
            let last = trailing.frame(over()).unwrap();
            assert!(trailing.is_last(&last), "{content_type}");
            let message = [0, 0, 0, 0, 1, b'm'];
            let message = match trailing {
                Trailing::WebText => STANDARD.encode(message).into(),
                _ => Bytes::from_owner(message),
            };
            assert!(!trailing.is_last(&Frame::data(message)), "{content_type}");
            assert!(!trailing.is_last(&Frame::data(Bytes::new())));
        }
    }

    #[test]
    fn what_is_not_grpc_is_broken_off() {
        let frame = trailing("text/plain").frame(Status::unauthenticated("over"));
        assert_eq!(frame.unwrap_err().code(), tonic::Code::Unauthenticated);
    }
}
