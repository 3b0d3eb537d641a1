/// Made by protoc 3.21.12 and Python's protobuf 7.36.2: what other implementations write and read.
enum Golden {
    /// A package with every kind of field, as `.proto` text in the printer's own layout.
    static let kitchen = #"""
        syntax = "proto3";

        package kitchen.v1;

        import "google/protobuf/any.proto";
        import "google/protobuf/duration.proto";
        import "google/protobuf/empty.proto";
        import "google/protobuf/field_mask.proto";
        import "google/protobuf/struct.proto";
        import "google/protobuf/timestamp.proto";
        import "google/protobuf/wrappers.proto";

        service Kitchen {
          rpc Unary(All) returns (google.protobuf.Empty);
          rpc Both(stream All) returns (stream All.Inner);
        }

        message All {
          message Inner {
            message Deep {
              int32 x = 1;
              Color color = 2;
            }
            int32 a = 1;
            Inner again = 2;
            Deep deep = 3;
          }
          enum Color {
            RED = 0;
            GREEN = 1;
            BLUE = 5;
            NEGATIVE = -1;
          }
          double f_double = 1;
          float f_float = 2;
          int32 f_int32 = 3;
          int64 f_int64 = 4;
          uint32 f_uint32 = 5;
          uint64 f_uint64 = 6;
          sint32 f_sint32 = 7;
          sint64 f_sint64 = 8;
          fixed32 f_fixed32 = 9;
          fixed64 f_fixed64 = 10;
          sfixed32 f_sfixed32 = 11;
          sfixed64 f_sfixed64 = 12;
          bool f_bool = 13;
          string f_string = 14;
          bytes f_bytes = 15;
          Color f_color = 16;
          Inner f_inner = 17;
          optional int32 o_int32 = 21;
          optional string o_string = 22;
          optional Color o_color = 23;
          oneof choice {
            int32 c_int = 31;
            string c_string = 32;
            Inner c_inner = 33;
            google.protobuf.NullValue c_null = 34;
          }
          repeated double r_double = 41;
          repeated float r_float = 42;
          repeated int32 r_int32 = 43;
          repeated int64 r_int64 = 44;
          repeated uint32 r_uint32 = 45;
          repeated uint64 r_uint64 = 46;
          repeated sint32 r_sint32 = 47;
          repeated sint64 r_sint64 = 48;
          repeated fixed32 r_fixed32 = 49;
          repeated fixed64 r_fixed64 = 50;
          repeated sfixed32 r_sfixed32 = 51;
          repeated sfixed64 r_sfixed64 = 52;
          repeated bool r_bool = 53;
          repeated string r_string = 54;
          repeated bytes r_bytes = 55;
          repeated Color r_color = 56;
          repeated Inner r_inner = 57;
          repeated int32 u_int32 = 58 [packed = false];
          map<int32, int32> m_int32 = 61;
          map<sint64, string> m_sint64 = 62;
          map<uint64, Inner> m_uint64 = 63;
          map<fixed32, bytes> m_fixed32 = 64;
          map<bool, Color> m_bool = 65;
          map<string, double> m_string = 66;
          google.protobuf.Timestamp w_timestamp = 71;
          google.protobuf.Duration w_duration = 72;
          google.protobuf.Struct w_struct = 73;
          google.protobuf.Value w_value = 74;
          google.protobuf.ListValue w_list = 75;
          google.protobuf.Int64Value w_int64 = 76;
          google.protobuf.StringValue w_string = 77;
          google.protobuf.BytesValue w_bytes = 78;
          google.protobuf.BoolValue w_bool = 79;
          google.protobuf.FloatValue w_float = 80;
          google.protobuf.FieldMask w_mask = 81;
          google.protobuf.Any w_any = 82;
          google.protobuf.Empty w_empty = 83;
          repeated google.protobuf.Value rw_value = 84;
          repeated google.protobuf.Any rw_any = 85;
          repeated google.protobuf.Timestamp rw_timestamp = 86;
          map<string, google.protobuf.Value> mw_value = 87;
          int32 custom_name = 300 [json_name = "Special\"Name"];
          bool far = 536870911;
        }

        message message {
          message string {
            .kitchen.v1.message.string string = 1;
          }
          string message = 1;
          .kitchen.v1.message.string rpc = 2;
          int32 option = 3;
          int32 reserved = 4;
          optional int32 optional = 5;
          map<string, .kitchen.v1.message.string> map = 6;
          oneof oneof {
            .kitchen.v1.message.string stream = 7;
          }
        }

        enum Alias {
          option allow_alias = true;
          ZERO = 0;
          NIL = 0;
          ONE = 1;
        }

        """#

    /// `protoc --descriptor_set_out` of `kitchen`, base64.
    static let kitchenSet = """
        CoUhCg1raXRjaGVuLnByb3RvEgpraXRjaGVuLnYxGhlnb29nbGUvcHJvdG9idWYvYW55LnByb3RvGh5nb29nbGUvcHJvdG9idWYvZH\
        VyYXRpb24ucHJvdG8aG2dvb2dsZS9wcm90b2J1Zi9lbXB0eS5wcm90bxogZ29vZ2xlL3Byb3RvYnVmL2ZpZWxkX21hc2sucHJvdG8a\
        HGdvb2dsZS9wcm90b2J1Zi9zdHJ1Y3QucHJvdG8aH2dvb2dsZS9wcm90b2J1Zi90aW1lc3RhbXAucHJvdG8aHmdvb2dsZS9wcm90b2\
        J1Zi93cmFwcGVycy5wcm90byK1GgoDQWxsEhkKCGZfZG91YmxlGAEgASgBUgdmRG91YmxlEhcKB2ZfZmxvYXQYAiABKAJSBmZGbG9h\
        dBIXCgdmX2ludDMyGAMgASgFUgZmSW50MzISFwoHZl9pbnQ2NBgEIAEoA1IGZkludDY0EhkKCGZfdWludDMyGAUgASgNUgdmVWludD\
        MyEhkKCGZfdWludDY0GAYgASgEUgdmVWludDY0EhkKCGZfc2ludDMyGAcgASgRUgdmU2ludDMyEhkKCGZfc2ludDY0GAggASgSUgdm\
        U2ludDY0EhsKCWZfZml4ZWQzMhgJIAEoB1IIZkZpeGVkMzISGwoJZl9maXhlZDY0GAogASgGUghmRml4ZWQ2NBIdCgpmX3NmaXhlZD\
        MyGAsgASgPUglmU2ZpeGVkMzISHQoKZl9zZml4ZWQ2NBgMIAEoEFIJZlNmaXhlZDY0EhUKBmZfYm9vbBgNIAEoCFIFZkJvb2wSGQoI\
        Zl9zdHJpbmcYDiABKAlSB2ZTdHJpbmcSFwoHZl9ieXRlcxgPIAEoDFIGZkJ5dGVzEi4KB2ZfY29sb3IYECABKA4yFS5raXRjaGVuLn\
        YxLkFsbC5Db2xvclIGZkNvbG9yEi4KB2ZfaW5uZXIYESABKAsyFS5raXRjaGVuLnYxLkFsbC5Jbm5lclIGZklubmVyEhwKB29faW50\
        MzIYFSABKAVIAVIGb0ludDMyiAEBEh4KCG9fc3RyaW5nGBYgASgJSAJSB29TdHJpbmeIAQESMwoHb19jb2xvchgXIAEoDjIVLmtpdG\
        NoZW4udjEuQWxsLkNvbG9ySANSBm9Db2xvcogBARIVCgVjX2ludBgfIAEoBUgAUgRjSW50EhsKCGNfc3RyaW5nGCAgASgJSABSB2NT\
        dHJpbmcSMAoHY19pbm5lchghIAEoCzIVLmtpdGNoZW4udjEuQWxsLklubmVySABSBmNJbm5lchIzCgZjX251bGwYIiABKA4yGi5nb2\
        9nbGUucHJvdG9idWYuTnVsbFZhbHVlSABSBWNOdWxsEhkKCHJfZG91YmxlGCkgAygBUgdyRG91YmxlEhcKB3JfZmxvYXQYKiADKAJS\
        BnJGbG9hdBIXCgdyX2ludDMyGCsgAygFUgZySW50MzISFwoHcl9pbnQ2NBgsIAMoA1IGckludDY0EhkKCHJfdWludDMyGC0gAygNUg\
        dyVWludDMyEhkKCHJfdWludDY0GC4gAygEUgdyVWludDY0EhkKCHJfc2ludDMyGC8gAygRUgdyU2ludDMyEhkKCHJfc2ludDY0GDAg\
        AygSUgdyU2ludDY0EhsKCXJfZml4ZWQzMhgxIAMoB1IIckZpeGVkMzISGwoJcl9maXhlZDY0GDIgAygGUghyRml4ZWQ2NBIdCgpyX3\
        NmaXhlZDMyGDMgAygPUglyU2ZpeGVkMzISHQoKcl9zZml4ZWQ2NBg0IAMoEFIJclNmaXhlZDY0EhUKBnJfYm9vbBg1IAMoCFIFckJv\
        b2wSGQoIcl9zdHJpbmcYNiADKAlSB3JTdHJpbmcSFwoHcl9ieXRlcxg3IAMoDFIGckJ5dGVzEi4KB3JfY29sb3IYOCADKA4yFS5raX\
        RjaGVuLnYxLkFsbC5Db2xvclIGckNvbG9yEi4KB3JfaW5uZXIYOSADKAsyFS5raXRjaGVuLnYxLkFsbC5Jbm5lclIGcklubmVyEhsK\
        B3VfaW50MzIYOiADKAVCAhAAUgZ1SW50MzISNAoHbV9pbnQzMhg9IAMoCzIbLmtpdGNoZW4udjEuQWxsLk1JbnQzMkVudHJ5UgZtSW\
        50MzISNwoIbV9zaW50NjQYPiADKAsyHC5raXRjaGVuLnYxLkFsbC5NU2ludDY0RW50cnlSB21TaW50NjQSNwoIbV91aW50NjQYPyAD\
        KAsyHC5raXRjaGVuLnYxLkFsbC5NVWludDY0RW50cnlSB21VaW50NjQSOgoJbV9maXhlZDMyGEAgAygLMh0ua2l0Y2hlbi52MS5BbG\
        wuTUZpeGVkMzJFbnRyeVIIbUZpeGVkMzISMQoGbV9ib29sGEEgAygLMhoua2l0Y2hlbi52MS5BbGwuTUJvb2xFbnRyeVIFbUJvb2wS\
        NwoIbV9zdHJpbmcYQiADKAsyHC5raXRjaGVuLnYxLkFsbC5NU3RyaW5nRW50cnlSB21TdHJpbmcSOwoLd190aW1lc3RhbXAYRyABKA\
        syGi5nb29nbGUucHJvdG9idWYuVGltZXN0YW1wUgp3VGltZXN0YW1wEjgKCndfZHVyYXRpb24YSCABKAsyGS5nb29nbGUucHJvdG9i\
        dWYuRHVyYXRpb25SCXdEdXJhdGlvbhIyCgh3X3N0cnVjdBhJIAEoCzIXLmdvb2dsZS5wcm90b2J1Zi5TdHJ1Y3RSB3dTdHJ1Y3QSLw\
        oHd192YWx1ZRhKIAEoCzIWLmdvb2dsZS5wcm90b2J1Zi5WYWx1ZVIGd1ZhbHVlEjEKBndfbGlzdBhLIAEoCzIaLmdvb2dsZS5wcm90\
        b2J1Zi5MaXN0VmFsdWVSBXdMaXN0EjQKB3dfaW50NjQYTCABKAsyGy5nb29nbGUucHJvdG9idWYuSW50NjRWYWx1ZVIGd0ludDY0Ej\
        cKCHdfc3RyaW5nGE0gASgLMhwuZ29vZ2xlLnByb3RvYnVmLlN0cmluZ1ZhbHVlUgd3U3RyaW5nEjQKB3dfYnl0ZXMYTiABKAsyGy5n\
        b29nbGUucHJvdG9idWYuQnl0ZXNWYWx1ZVIGd0J5dGVzEjEKBndfYm9vbBhPIAEoCzIaLmdvb2dsZS5wcm90b2J1Zi5Cb29sVmFsdW\
        VSBXdCb29sEjQKB3dfZmxvYXQYUCABKAsyGy5nb29nbGUucHJvdG9idWYuRmxvYXRWYWx1ZVIGd0Zsb2F0EjEKBndfbWFzaxhRIAEo\
        CzIaLmdvb2dsZS5wcm90b2J1Zi5GaWVsZE1hc2tSBXdNYXNrEikKBXdfYW55GFIgASgLMhQuZ29vZ2xlLnByb3RvYnVmLkFueVIEd0\
        FueRIvCgd3X2VtcHR5GFMgASgLMhYuZ29vZ2xlLnByb3RvYnVmLkVtcHR5UgZ3RW1wdHkSMQoIcndfdmFsdWUYVCADKAsyFi5nb29n\
        bGUucHJvdG9idWYuVmFsdWVSB3J3VmFsdWUSKwoGcndfYW55GFUgAygLMhQuZ29vZ2xlLnByb3RvYnVmLkFueVIFcndBbnkSPQoMcn\
        dfdGltZXN0YW1wGFYgAygLMhouZ29vZ2xlLnByb3RvYnVmLlRpbWVzdGFtcFILcndUaW1lc3RhbXASNwoIbXdfdmFsdWUYVyADKAsy\
        HC5raXRjaGVuLnYxLkFsbC5Nd1ZhbHVlRW50cnlSB213VmFsdWUSIgoLY3VzdG9tX25hbWUYrAIgASgFUgxTcGVjaWFsIk5hbWUSFA\
        oDZmFyGP////8BIAEoCFIDZmFyGrUBCgVJbm5lchIMCgFhGAEgASgFUgFhEisKBWFnYWluGAIgASgLMhUua2l0Y2hlbi52MS5BbGwu\
        SW5uZXJSBWFnYWluEi4KBGRlZXAYAyABKAsyGi5raXRjaGVuLnYxLkFsbC5Jbm5lci5EZWVwUgRkZWVwGkEKBERlZXASDAoBeBgBIA\
        EoBVIBeBIrCgVjb2xvchgCIAEoDjIVLmtpdGNoZW4udjEuQWxsLkNvbG9yUgVjb2xvcho5CgtNSW50MzJFbnRyeRIQCgNrZXkYASAB\
        KAVSA2tleRIUCgV2YWx1ZRgCIAEoBVIFdmFsdWU6AjgBGjoKDE1TaW50NjRFbnRyeRIQCgNrZXkYASABKBJSA2tleRIUCgV2YWx1ZR\
        gCIAEoCVIFdmFsdWU6AjgBGlEKDE1VaW50NjRFbnRyeRIQCgNrZXkYASABKARSA2tleRIrCgV2YWx1ZRgCIAEoCzIVLmtpdGNoZW4u\
        djEuQWxsLklubmVyUgV2YWx1ZToCOAEaOwoNTUZpeGVkMzJFbnRyeRIQCgNrZXkYASABKAdSA2tleRIUCgV2YWx1ZRgCIAEoDFIFdm\
        FsdWU6AjgBGk8KCk1Cb29sRW50cnkSEAoDa2V5GAEgASgIUgNrZXkSKwoFdmFsdWUYAiABKA4yFS5raXRjaGVuLnYxLkFsbC5Db2xv\
        clIFdmFsdWU6AjgBGjoKDE1TdHJpbmdFbnRyeRIQCgNrZXkYASABKAlSA2tleRIUCgV2YWx1ZRgCIAEoAVIFdmFsdWU6AjgBGlIKDE\
        13VmFsdWVFbnRyeRIQCgNrZXkYASABKAlSA2tleRIsCgV2YWx1ZRgCIAEoCzIWLmdvb2dsZS5wcm90b2J1Zi5WYWx1ZVIFdmFsdWU6\
        AjgBIjwKBUNvbG9yEgcKA1JFRBAAEgkKBUdSRUVOEAESCAoEQkxVRRAFEhUKCE5FR0FUSVZFEP///////////wFCCAoGY2hvaWNlQg\
        oKCF9vX2ludDMyQgsKCV9vX3N0cmluZ0IKCghfb19jb2xvciK0AwoHbWVzc2FnZRIYCgdtZXNzYWdlGAEgASgJUgdtZXNzYWdlEiwK\
        A3JwYxgCIAEoCzIaLmtpdGNoZW4udjEubWVzc2FnZS5zdHJpbmdSA3JwYxIWCgZvcHRpb24YAyABKAVSBm9wdGlvbhIaCghyZXNlcn\
        ZlZBgEIAEoBVIIcmVzZXJ2ZWQSHwoIb3B0aW9uYWwYBSABKAVIAVIIb3B0aW9uYWyIAQESLgoDbWFwGAYgAygLMhwua2l0Y2hlbi52\
        MS5tZXNzYWdlLk1hcEVudHJ5UgNtYXASNAoGc3RyZWFtGAcgASgLMhoua2l0Y2hlbi52MS5tZXNzYWdlLnN0cmluZ0gAUgZzdHJlYW\
        0aPAoGc3RyaW5nEjIKBnN0cmluZxgBIAEoCzIaLmtpdGNoZW4udjEubWVzc2FnZS5zdHJpbmdSBnN0cmluZxpSCghNYXBFbnRyeRIQ\
        CgNrZXkYASABKAlSA2tleRIwCgV2YWx1ZRgCIAEoCzIaLmtpdGNoZW4udjEubWVzc2FnZS5zdHJpbmdSBXZhbHVlOgI4AUIHCgVvbm\
        VvZkILCglfb3B0aW9uYWwqJwoFQWxpYXMSCAoEWkVSTxAAEgcKA05JTBAAEgcKA09ORRABGgIQATJvCgdLaXRjaGVuEjAKBVVuYXJ5\
        Eg8ua2l0Y2hlbi52MS5BbGwaFi5nb29nbGUucHJvdG9idWYuRW1wdHkSMgoEQm90aBIPLmtpdGNoZW4udjEuQWxsGhUua2l0Y2hlbi\
        52MS5BbGwuSW5uZXIoATABYgZwcm90bzM=
        """

    /// The same of a proto2 file with closed enums, which imports `kitchen`:
    /// ```
    /// syntax = "proto2";
    /// package old.stuff;
    /// import "kitchen.proto";
    /// enum Closed { Z = 0; A = 1; B = 2; }
    /// message kitchen { optional Closed c = 1; repeated Closed many = 2; repeated Closed packed = 3 [packed = true]; map<string, Closed> by_name = 4;
    ///   required int32 req = 5; optional .kitchen.v1.All all = 6; optional string s = 7 [default = "x"]; extensions 100 to 200;
    ///   oneof pick { Closed pc = 8; int32 pi = 9; } }
    /// ```
    static let legacySet = """
        Ct0DCgxsZWdhY3kucHJvdG8SCW9sZC5zdHVmZhoNa2l0Y2hlbi5wcm90byKTAwoHa2l0Y2hlbhIfCgFjGAEgASgOMhEub2xkLnN0dW\
        ZmLkNsb3NlZFIBYxIlCgRtYW55GAIgAygOMhEub2xkLnN0dWZmLkNsb3NlZFIEbWFueRItCgZwYWNrZWQYAyADKA4yES5vbGQuc3R1\
        ZmYuQ2xvc2VkQgIQAVIGcGFja2VkEjcKB2J5X25hbWUYBCADKAsyHi5vbGQuc3R1ZmYua2l0Y2hlbi5CeU5hbWVFbnRyeVIGYnlOYW\
        1lEhAKA3JlcRgFIAIoBVIDcmVxEiEKA2FsbBgGIAEoCzIPLmtpdGNoZW4udjEuQWxsUgNhbGwSDwoBcxgHIAEoCToBeFIBcxIjCgJw\
        YxgIIAEoDjIRLm9sZC5zdHVmZi5DbG9zZWRIAFICcGMSEAoCcGkYCSABKAVIAFICcGkaTAoLQnlOYW1lRW50cnkSEAoDa2V5GAEgAS\
        gJUgNrZXkSJwoFdmFsdWUYAiABKA4yES5vbGQuc3R1ZmYuQ2xvc2VkUgV2YWx1ZToCOAEqBQhkEMkBQgYKBHBpY2sqHQoGQ2xvc2Vk\
        EgUKAVoQABIFCgFBEAESBQoBQhAC
        """

    /// Bytes of a `kitchen.v1.All` as hexadecimal, and the same message as JSON.
    static let vectors: [(bytes: String, json: String)] = [
        ("09000000000000f83f", #"{"fDouble": 1.5}"#),
        ("090000000000000080", #"{"fDouble": -0.0}"#),
        ("15cdcccc3d", #"{"fFloat": 0.1}"#),
        ("150000c07f", #"{"fFloat": "NaN"}"#),
        ("18ffffffffffffffffff01", #"{"fInt32": -1}"#),
        ("18ffffffff07", #"{"fInt32": 2147483647}"#),
        ("2080808080808080808001", #"{"fInt64": "-9223372036854775808"}"#),
        ("20ffffffffffffffff7f", #"{"fInt64": "9223372036854775807"}"#),
        ("28ffffffff0f", #"{"fUint32": 4294967295}"#),
        ("30ffffffffffffffffff01", #"{"fUint64": "18446744073709551615"}"#),
        ("38ffffffff0f", #"{"fSint32": -2147483648}"#),
        ("38feffffff0f", #"{"fSint32": 2147483647}"#),
        ("40ffffffffffffffffff01", #"{"fSint64": "-9223372036854775808"}"#),
        ("40feffffffffffffffff01", #"{"fSint64": "9223372036854775807"}"#),
        ("4dffffffff", #"{"fFixed32": 4294967295}"#),
        ("51ffffffffffffffff", #"{"fFixed64": "18446744073709551615"}"#),
        ("5dfeffffff", #"{"fSfixed32": -2}"#),
        ("61feffffffffffffff", #"{"fSfixed64": "-2"}"#),
        ("6801", #"{"fBool": true}"#),
        ("7209c3a9f09f9880225c0a", #"{"fString": "é😀\"\\\n"}"#),
        ("7a03ff0010", #"{"fBytes": "/wAQ"}"#),
        ("8001ffffffffffffffffff01", #"{"fColor": "NEGATIVE"}"#),
        ("80014d", #"{"fColor": 77}"#),
        ("a801ffffffffffffffffff01", #"{"oInt32": -1}"#),
        ("a80100", #"{"oInt32": 0}"#),
        ("b20109c3a9f09f9880225c0a", #"{"oString": "é😀\"\\\n"}"#),
        ("b20100", #"{"oString": ""}"#),
        ("b801ffffffffffffffffff01", #"{"oColor": "NEGATIVE"}"#),
        ("b80100", #"{"oColor": "RED"}"#),
        ("f801ffffffffffffffffff01", #"{"cInt": -1}"#),
        ("820209c3a9f09f9880225c0a", #"{"cString": "é😀\"\\\n"}"#),
        ("900200", #"{"cNull": null}"#),
        (
            "ca02280000000000000000000000000000f83f0000000000000080000000000000f0ff0100000000000000",
            #"{"rDouble": [0.0, 1.5, -0.0, "-Infinity", 5e-324]}"#
        ),
        ("d2020c00000000cdcccc3d0000c07f", #"{"rFloat": [0.0, 0.1, "NaN"]}"#),
        ("da021000ffffffffffffffffff01ffffffff07", #"{"rInt32": [0, -1, 2147483647]}"#),
        (
            "e202140080808080808080808001ffffffffffffffff7f",
            #"{"rInt64": ["0", "-9223372036854775808", "9223372036854775807"]}"#
        ),
        ("ea020600ffffffff0f", #"{"rUint32": [0, 4294967295]}"#),
        ("f2020b00ffffffffffffffffff01", #"{"rUint64": ["0", "18446744073709551615"]}"#),
        ("fa020b00ffffffff0ffeffffff0f", #"{"rSint32": [0, -2147483648, 2147483647]}"#),
        (
            "82031500ffffffffffffffffff01feffffffffffffffff01",
            #"{"rSint64": ["0", "-9223372036854775808", "9223372036854775807"]}"#
        ),
        ("8a030800000000ffffffff", #"{"rFixed32": [0, 4294967295]}"#),
        ("9203100000000000000000ffffffffffffffff", #"{"rFixed64": ["0", "18446744073709551615"]}"#),
        ("9a030800000000feffffff", #"{"rSfixed32": [0, -2]}"#),
        ("a203100000000000000000feffffffffffffff", #"{"rSfixed64": ["0", "-2"]}"#),
        ("aa03020001", #"{"rBool": [false, true]}"#),
        ("b20300b20309c3a9f09f9880225c0a", #"{"rString": ["", "é😀\"\\\n"]}"#),
        ("ba0300ba0303ff0010", #"{"rBytes": ["", "/wAQ"]}"#),
        ("c2030c00ffffffffffffffffff014d", #"{"rColor": ["RED", "NEGATIVE", 77]}"#),
        ("d00300d003ffffffffffffffffff01d003ffffffff07", #"{"uInt32": [0, -1, 2147483647]}"#),
        ("e012ffffffffffffffffff01", #"{"Special\"Name": -1}"#),
        ("f8ffffff0f01", #"{"far": true}"#),
        ("8a0100", #"{"fInner": {}}"#),
        (
            "8a011508051211120b08f9ffffffffffffffff011a0210058a0200ca0300ca03020801",
            #"{"fInner": {"a": 5, "again": {"again": {"a": -7}, "deep": {"color": "BLUE"}}}, "cInner": {}, "r"#
                + #"Inner": [{}, {"a": 1}]}"#
        ),
        (
            "ea030d08ffffffffffffffffff011002f203050809120178fa030f08ffffffffffffffffff01120208018204080d070"
                + "000001201018a04040801100592040c0a016211000000000000e03f",
            #"{"mInt32": {"-1": 2}, "mSint64": {"-5": "x"}, "mUint64": {"18446744073709551615": {"a": 1}}, "m"#
                + #"Fixed32": {"7": "AQ=="}, "mBool": {"true": "BLUE"}, "mString": {"b": 0.5}}"#
        ),
        (
            "ea030408031000fa0304080012008a04040800100092040b0a00110000000000000000",
            #"{"mInt32": {"3": 0}, "mUint64": {"0": {}}, "mBool": {"false": "RED"}, "mString": {"": 0.0}}"#
        ),
        (
            "ba040e08ffffffffffffffffff01108827c2041608fdffffffffffffffff011080b6ca91feffffffff01b2050608809"
                + "8ecc503b2050708ff82d1ffaf07b2050b088092b8c398feffffff01",
            #"{"wTimestamp": "1969-12-31T23:59:59.000005Z", "wDuration": "-3.500s", "rwTimestamp": ["2000-02-"#
                + #"29T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"]}"#
        ),
        (
            "ca04330a070a0161120208000a280a0162122332210a0911000000000000f83f0a031a01780a0220010a0b2a090a070"
                + "a016312022a00d204020800da04140a0208000a0911000000000000f03f0a031a0174a205021a00a205091100000000"
                + "000000c0ba05070a016b12023200",
            #"{"wStruct": {"a": null, "b": [1.5, "x", true, {"c": {}}]}, "wValue": null, "wList": [null, 1.0,"#
                + #" "t"], "rwValue": ["", -2.0], "mwValue": {"k": []}}"#
        ),
        (
            "e20409088180808080808010ea0400f204030a0100fa040208018205050d0000803e8a050c0a03615f620a05632e645"
                + "f659a0500",
            #"{"wInt64": "9007199254740993", "wString": "", "wBytes": "AA==", "wBool": true, "wFloat": 0.25, "#
                + #""wMask": "aB,c.dE", "wEmpty": {}}"#
        ),
        (
            "92052e0a28747970652e676f6f676c65617069732e636f6d2f6b69746368656e2e76312e416c6c2e496e6e657212020"
                + "809aa05320a2c747970652e676f6f676c65617069732e636f6d2f676f6f676c652e70726f746f6275662e4475726174"
                + "696f6e12020802aa05590a27747970652e676f6f676c65617069732e636f6d2f676f6f676c652e70726f746f6275662"
                + "e416e79122e0a28747970652e676f6f676c65617069732e636f6d2f6b69746368656e2e76312e416c6c2e496e6e6572"
                + "12020809",
            #"{"wAny": {"@type": "type.googleapis.com/kitchen.v1.All.Inner", "a": 9}, "rwAny": [{"@type": "ty"#
                + #"pe.googleapis.com/google.protobuf.Duration", "value": "2s"}, {"@type": "type.googleapis.com/goo"#
                + #"gle.protobuf.Any", "value": {"@type": "type.googleapis.com/kitchen.v1.All.Inner", "a": 9}}]}"#
        ),
    ]

    /// `FileDescriptorProto`s of the well-known files, without their options, base64.
    static let wellKnownFiles: [String: String] = [
        "google/protobuf/any.proto": """
        Chlnb29nbGUvcHJvdG9idWYvYW55LnByb3RvEg9nb29nbGUucHJvdG9idWYiNgoDQW55EhkKCHR5cGVfdXJsGAEgASgJUgd0eX\
        BlVXJsEhQKBXZhbHVlGAIgASgMUgV2YWx1ZWIGcHJvdG8z
        """,
        "google/protobuf/duration.proto": """
        Ch5nb29nbGUvcHJvdG9idWYvZHVyYXRpb24ucHJvdG8SD2dvb2dsZS5wcm90b2J1ZiI6CghEdXJhdGlvbhIYCgdzZWNvbmRzGA\
        EgASgDUgdzZWNvbmRzEhQKBW5hbm9zGAIgASgFUgVuYW5vc2IGcHJvdG8z
        """,
        "google/protobuf/empty.proto": """
        Chtnb29nbGUvcHJvdG9idWYvZW1wdHkucHJvdG8SD2dvb2dsZS5wcm90b2J1ZiIHCgVFbXB0eWIGcHJvdG8z
        """,
        "google/protobuf/field_mask.proto": """
        CiBnb29nbGUvcHJvdG9idWYvZmllbGRfbWFzay5wcm90bxIPZ29vZ2xlLnByb3RvYnVmIiEKCUZpZWxkTWFzaxIUCgVwYXRocx\
        gBIAMoCVIFcGF0aHNiBnByb3RvMw==
        """,
        "google/protobuf/struct.proto": """
        Chxnb29nbGUvcHJvdG9idWYvc3RydWN0LnByb3RvEg9nb29nbGUucHJvdG9idWYimAEKBlN0cnVjdBI7CgZmaWVsZHMYASADKA\
        syIy5nb29nbGUucHJvdG9idWYuU3RydWN0LkZpZWxkc0VudHJ5UgZmaWVsZHMaUQoLRmllbGRzRW50cnkSEAoDa2V5GAEgASgJ\
        UgNrZXkSLAoFdmFsdWUYAiABKAsyFi5nb29nbGUucHJvdG9idWYuVmFsdWVSBXZhbHVlOgI4ASKyAgoFVmFsdWUSOwoKbnVsbF\
        92YWx1ZRgBIAEoDjIaLmdvb2dsZS5wcm90b2J1Zi5OdWxsVmFsdWVIAFIJbnVsbFZhbHVlEiMKDG51bWJlcl92YWx1ZRgCIAEo\
        AUgAUgtudW1iZXJWYWx1ZRIjCgxzdHJpbmdfdmFsdWUYAyABKAlIAFILc3RyaW5nVmFsdWUSHwoKYm9vbF92YWx1ZRgEIAEoCE\
        gAUglib29sVmFsdWUSPAoMc3RydWN0X3ZhbHVlGAUgASgLMhcuZ29vZ2xlLnByb3RvYnVmLlN0cnVjdEgAUgtzdHJ1Y3RWYWx1\
        ZRI7CgpsaXN0X3ZhbHVlGAYgASgLMhouZ29vZ2xlLnByb3RvYnVmLkxpc3RWYWx1ZUgAUglsaXN0VmFsdWVCBgoEa2luZCI7Cg\
        lMaXN0VmFsdWUSLgoGdmFsdWVzGAEgAygLMhYuZ29vZ2xlLnByb3RvYnVmLlZhbHVlUgZ2YWx1ZXMqGwoJTnVsbFZhbHVlEg4K\
        Ck5VTExfVkFMVUUQAGIGcHJvdG8z
        """,
        "google/protobuf/timestamp.proto": """
        Ch9nb29nbGUvcHJvdG9idWYvdGltZXN0YW1wLnByb3RvEg9nb29nbGUucHJvdG9idWYiOwoJVGltZXN0YW1wEhgKB3NlY29uZH\
        MYASABKANSB3NlY29uZHMSFAoFbmFub3MYAiABKAVSBW5hbm9zYgZwcm90bzM=
        """,
        "google/protobuf/wrappers.proto": """
        Ch5nb29nbGUvcHJvdG9idWYvd3JhcHBlcnMucHJvdG8SD2dvb2dsZS5wcm90b2J1ZiIjCgtEb3VibGVWYWx1ZRIUCgV2YWx1ZR\
        gBIAEoAVIFdmFsdWUiIgoKRmxvYXRWYWx1ZRIUCgV2YWx1ZRgBIAEoAlIFdmFsdWUiIgoKSW50NjRWYWx1ZRIUCgV2YWx1ZRgB\
        IAEoA1IFdmFsdWUiIwoLVUludDY0VmFsdWUSFAoFdmFsdWUYASABKARSBXZhbHVlIiIKCkludDMyVmFsdWUSFAoFdmFsdWUYAS\
        ABKAVSBXZhbHVlIiMKC1VJbnQzMlZhbHVlEhQKBXZhbHVlGAEgASgNUgV2YWx1ZSIhCglCb29sVmFsdWUSFAoFdmFsdWUYASAB\
        KAhSBXZhbHVlIiMKC1N0cmluZ1ZhbHVlEhQKBXZhbHVlGAEgASgJUgV2YWx1ZSIiCgpCeXRlc1ZhbHVlEhQKBXZhbHVlGAEgAS\
        gMUgV2YWx1ZWIGcHJvdG8z
        """,
    ]
}
